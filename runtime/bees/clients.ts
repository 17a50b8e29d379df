import { type OpenWire, socketIoWire } from '../client';
import { lightWires } from './light/wire';

export const CLIENTS = ['light', 'socket.io'] as const;
export type ClientName = (typeof CLIENTS)[number];

/** What the bees' connections are made with. */
export function wiresOf(client: ClientName): OpenWire {
  return client === 'light' ? lightWires() : socketIoWire;
}
