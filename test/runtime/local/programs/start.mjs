// `npm start` with the stand-ins of this folder in place of the bundles; prints process ids as the real one does.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('tsx/cjs/api').register();
require('../../../../runtime/local/main.ts').main(process.argv.slice(2), require('../support.ts').stubBundles);
