import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Tells cdk-nag why policies under this construct name resources with a wildcard: exactly these resources, no others. */
export function acknowledgeWildcards(scope: IConstruct, reason: string, ...resources: readonly string[]): void {
  for (const resource of resources) {
    const id = `AwsSolutions-IAM5[Resource::${asText(Stack.of(scope).resolve(resource))}]`;
    Validations.of(scope).acknowledge({ id, reason });
  }
}

/** As cdk-nag writes it: references to what only the deploy knows in angle brackets. */
function asText(resolved: unknown): string {
  if (typeof resolved !== 'object' || resolved === null) return String(resolved);
  if ('Ref' in resolved) return `<${String(resolved.Ref)}>`;
  const join = 'Fn::Join' in resolved && Array.isArray(resolved['Fn::Join']) ? resolved['Fn::Join'] : [];
  const [separator, parts] = join;
  return Array.isArray(parts) ? parts.map(asText).join(String(separator)) : JSON.stringify(resolved);
}
