#!/usr/bin/env node
// `npx realtime …`: the operator's command line. What is missing is set up first, as for `npm start`.
process.argv.splice(2, 0, 'realtime');
await import('../local/bootstrap.mjs');
