import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { FleetError } from '../core/errors';
import { type Access, refuseForeign, SIGN_IN } from './access';
import { signInPage } from './sign-in-page';

/** `link`: from the address that `npm start` prints. */
const Query = z.object({ link: z.string().max(4_096).optional() });

const Form = z.object({ key: z.string().trim().max(1_024).default('') });

/** The page where the API key is typed once, what it sends, and the way out. */
export function signIn(app: FastifyInstance, access: Access): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body.toString()))),
  );

  app.get<{ Querystring: z.infer<typeof Query> }>(
    SIGN_IN,
    { config: { open: true }, schema: { querystring: Query } },
    (request, reply) => {
      const { link } = request.query;
      if (link === undefined) return html(reply, signInPage(null));
      if (access.isLink(link)) return access.begin(reply).redirect('/', 303);
      return html(reply.code(401), signInPage('This link is not valid, or no longer. Sign in with the API key.'));
    },
  );

  app.post<{ Body: z.infer<typeof Form> }>(
    SIGN_IN,
    { config: { open: true }, schema: { body: Form } },
    async (request, reply) => {
      refuseForeign(request);
      try {
        await access.checkKey(`Bearer ${request.body.key}`);
      } catch (error) {
        if (!(error instanceof FleetError)) throw error;
        if (error.code === 'WRONG_KEYS') return html(reply.code(429), signInPage(`${error.message}.`));
        return html(reply.code(401), signInPage('That is not a valid API key.'));
      }
      return access.begin(reply).redirect('/', 303);
    },
  );

  app.post('/sign-out', { config: { open: true } }, (request, reply) => {
    refuseForeign(request);
    return access.end(reply).redirect(SIGN_IN, 303);
  });
}

function html(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(page);
}
