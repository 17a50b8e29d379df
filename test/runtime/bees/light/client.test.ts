import { lightWires } from '../../../../runtime/bees/light/wire';
import { describeClient } from '../../client/behaviour';

describeClient(lightWires());
