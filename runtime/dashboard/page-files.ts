import { buildPage, type PageFiles } from './build-page';

/**
 * The page's files. Built when they are asked for: so it is where the balancer runs from its sources. In a bundle `bundle.ts` puts the
 * finished files in the place of this module, so that no build tool is in it.
 */
export function pageFiles(): Promise<PageFiles> {
  return buildPage();
}
