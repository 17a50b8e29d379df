// Stands in for the bees: with --loop they play until they are stopped, else once; EXIT_CODE comes with the API key here.
const { writeFileSync } = require('node:fs');

const counts = ['seconds', 'players', 'connected', 'waiting', 'playing', 'finished', 'failed', 'rooms', 'splitRooms'];
const progress = Object.fromEntries(counts.map((name) => [name, 0]));
const args = process.argv.slice(2);
const json = args.indexOf('--json');
if (args.includes('--loop')) {
  setInterval(() => process.send({ progress }), 50);
  process.on('disconnect', () => process.exit(0));
} else {
  process.stdout.write('the summary\n');
  if (json >= 0) writeFileSync(args[json + 1], JSON.stringify({ players: 4, nodes: [] }));
  process.disconnect();
  process.exitCode = process.env.API_KEY === 'failing' ? 1 : 0;
}
