// `npm start` with the stand-ins of this folder in place of the bundles.
require('tsx/cjs/api').register();
const { main } = require('../../../../runtime/local/main.ts');
const { stubBundles } = require('../support.ts');

main(process.argv.slice(2), stubBundles);
