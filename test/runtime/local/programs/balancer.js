// Stands in for a balancer: its API says that every node that the fleet lists is green.
const { createServer } = require('node:http');

const fleet = new URL(process.env.FLEET.replace(/^local:/, ''));
const headers = { authorization: `Bearer ${fleet.password}` };

async function describe(cluster) {
  const answer = await fetch(new URL(`/clusters/${cluster}/instances`, fleet.origin), { headers });
  const { instances } = await answer.json();
  const nodes = instances.map(({ nodeId, endpoint }) => ({
    nodeId,
    health: endpoint === null ? 'booting' : 'green',
    phase: 'open',
    connections: 0,
    sessions: 0,
  }));
  return { cluster, nodes };
}

process.on('disconnect', () => process.exit(0));
const server = createServer(async (_request, response) => {
  const clusters = await Promise.all(process.env.CLUSTERS.split(',').map(describe));
  response.end(JSON.stringify({ clusters }));
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send({ ready: true, port: server.address().port }));
