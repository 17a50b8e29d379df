import { positions } from './plugins/positions';

/**
 * The plug-in of a game program that is not told another one by GAME_PLUGIN. `bundleGame` puts a plug-in of the user's here, so that a
 * deploy needs one file only; hence it is checked like one.
 */
export const builtIn: unknown = positions;
