// Stands in for a node: answers HTTP on a port of its own and says so over IPC. BEHAVIOUR: what it does besides.
const { createServer } = require('node:http');

const { BEHAVIOUR } = process.env;
if (BEHAVIOUR === 'broken') {
  process.stderr.write('broken: no configuration\n');
  process.exit(1);
}
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => BEHAVIOUR !== 'deaf' && process.exit(0));
const server = createServer((_request, response) =>
  response.end(JSON.stringify({ pid: process.pid, env: process.env })),
);
server.listen(0, '127.0.0.1', () => process.send({ ready: true, port: server.address().port }));
