import { socketIoWire } from '../../../runtime/client';
import { describeClient } from './behaviour';

describeClient(socketIoWire);
