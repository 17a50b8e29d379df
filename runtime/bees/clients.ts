import { directApi, type FleetApi, type OpenWire, socketIoWire } from '../client';
import { lightPost } from './light/api';
import { lightWires } from './light/wire';

export const CLIENTS = ['light', 'socket.io'] as const;
export type ClientName = (typeof CLIENTS)[number];

/** What the bees' connections to nodes are made with. @param from addresses to connect from, in turn; the light client's only */
export function wiresOf(client: ClientName, from: readonly string[] = []): OpenWire {
  return client === 'light' ? lightWires(from) : socketIoWire;
}

/** How the bees ask the API. @param from as of `wiresOf` */
export function apiOf(client: ClientName, api: string, apiKey: string, from: readonly string[] = []): FleetApi {
  return client === 'light' ? directApi(api, apiKey, lightPost(from)) : directApi(api, apiKey);
}
