import type { FastifyInstance } from 'fastify';
import type { PageFiles } from './build-page';
import { pageFiles } from './page-files';
import { pageHtml } from './page-html';

/** The live page and its files. Those are open: they tell nothing, and the page where one signs in has the same styles. */
export function pageRoutes(app: FastifyInstance): void {
  let built: Promise<PageFiles> | undefined;
  const files = () => {
    built ??= pageFiles();
    return built;
  };
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(pageHtml()));
  /** Whether one is signed in: browsers do not tell a page why its stream was refused. */
  app.get('/session', (_request, reply) => reply.code(204).send());
  app.get('/assets/page.js', { config: { open: true } }, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send((await files()).js),
  );
  app.get('/assets/page.css', { config: { open: true } }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send((await files()).css),
  );
}
