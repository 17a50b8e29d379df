/** A property of an unknown value; undefined when there is none. What comes from the network may be anything. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** A property that is a string; undefined otherwise. */
export function text(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' ? found : undefined;
}

/** A property that is a list of strings; undefined otherwise. */
export function texts(value: unknown, name: string): string[] | undefined {
  const found = field(value, name);
  return Array.isArray(found) && found.every((item) => typeof item === 'string') ? found : undefined;
}
