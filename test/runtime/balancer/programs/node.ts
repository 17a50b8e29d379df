import { realNode } from '../support';

/** A node as a process of its own, to be stopped and killed: `node.ts NODE_ID PUBLIC_KEY`; sends its address. */
async function main(nodeId = '', publicKey = ''): Promise<void> {
  const { url } = await realNode(nodeId, publicKey);
  process.on('disconnect', () => process.exit(0));
  process.send?.({ url });
}

void main(...process.argv.slice(2));
