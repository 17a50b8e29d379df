/**
 * What every AWS client of ours is made with, besides what the SDK finds itself (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL`): the
 * region also from `AWS_DEFAULT_REGION`, which AWS's command line reads and the SDK does not.
 */
export function clientDefaults(env: NodeJS.ProcessEnv = process.env): { readonly region?: string } {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  return region ? { region } : {};
}
