import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseContext } from '../../bin/context';
import type { Environment } from '../../bin/environment';
import { createStacks, type Stacks } from '../../bin/stacks';

// The validation of templates takes seconds; `npm run synth` has it.
process.env.CDK_VALIDATION = 'false';

const ROOT = join(__dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'rf-lib-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stand-ins for the bundles: templates must not change with every line of a program. */
const programs = { balancer: program('balancer'), lobby: program('lobby'), game: program('game') };

function program(name: string): string {
  const file = join(folder, `${name}.js`);
  writeFileSync(file, `// ${name}\n`);
  return file;
}

export interface Synthesised {
  readonly app: App;
  readonly stack: Stack;
  readonly template: Template;
}

/** What has been synthesised in this file: it takes a second each time. */
const known = new Map<string, Synthesised>();

/** The stack of `prod-realtime` with the project's own flags, and `over` as on the command line. Not to be changed. */
export function synthesise(over: Readonly<Record<string, unknown>> = {}): Synthesised {
  return once('realtime', over);
}

/** The stack `prod-realtime-image`. Not to be changed. */
export function synthesiseImage(over: Readonly<Record<string, unknown>> = {}): Synthesised {
  return once('image', over);
}

function once(which: keyof Stacks, over: Readonly<Record<string, unknown>>): Synthesised {
  const key = JSON.stringify([which, over]);
  const found = known.get(key) ?? synthesiseAnew(which, over);
  known.set(key, found);
  return found;
}

export function synthesiseAnew(which: keyof Stacks, over: Readonly<Record<string, unknown>> = {}): Synthesised {
  const { context: flags } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
  const { environments: _, ...features } = flags;
  const app = new App({ context: features, outdir: mkdtempSync(join(folder, 'out-')) });
  const stack = createStacks(app, 'prod-realtime', environment(over), programs)[which];
  return { app, stack, template: Template.fromStack(stack) };
}

function environment(over: Readonly<Record<string, unknown>>): Environment {
  const parsed = parseContext({ environments: { 'prod-realtime': {} }, ...over });
  const found = parsed.ok ? parsed.environments.get('prod-realtime') : undefined;
  if (found === undefined) throw new Error(`not usable: ${JSON.stringify(parsed)}`);
  return found;
}

/** What a template says of one resource. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates have no types; a path that is not there fails the expectation.
  readonly Properties: any;
  readonly DependsOn?: readonly string[];
  readonly UpdatePolicy?: unknown;
  readonly DeletionPolicy?: string;
}

/** All resources of a type, by logical id. */
export function resources({ template }: Synthesised, type: string): [string, Resource][] {
  return Object.entries(template.findResources(type)) as [string, Resource][];
}

/** The only resource of a type whose path in the tree begins so. */
export function resource(synthesised: Synthesised, type: string, prefix: string): Resource {
  const found = resources(synthesised, type).filter(([id]) => id.startsWith(prefix));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} of ${type} begin with ${prefix}`);
  return found[0][1];
}

/** Intrinsic functions written out: references as `${Name}`. */
export function text(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument] = ['', undefined]] = Object.entries(value);
  if (name === 'Fn::Join' && Array.isArray(argument)) return argument[1].map(text).join(argument[0]);
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) return `\${${argument.join('.')}}`;
  if (name === 'Fn::Base64' || name === 'Fn::Sub') return text(argument);
  return name === 'Ref' ? `\${${argument}}` : JSON.stringify(value);
}
