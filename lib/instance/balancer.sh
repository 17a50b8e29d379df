# der SECRET: an Ed25519 private key in PKCS #8. Any 32 bytes are one; these are the hash of the secret, so that both balancers
# come to the same key, and nobody has to generate and store a pair.
der() {
  printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'
  printf %s "$1" | openssl dgst -sha256 -binary
}

agent_secrets=$(versions "$AGENT_SECRET")
private_keys='' public_keys=''
while read -r value; do
  private_keys+=${private_keys:+,}$(der "$value" | openssl pkey -inform DER | base64 -w0)
  public_keys+=${public_keys:+,}$(der "$value" | openssl pkey -inform DER -pubout | base64 -w0)
done <<<"$agent_secrets"

# Nodes that start from now on know the new key at once; those that run get it from the balancers.
published=$(aws ssm get-parameter --name "$AGENT_PUBLIC_KEYS_PARAMETER" --query Parameter.Value --output text)
[ "$published" = "$public_keys" ] ||
  aws ssm put-parameter --name "$AGENT_PUBLIC_KEYS_PARAMETER" --value "$public_keys" --overwrite >/dev/null

master_keys=$(versions "$MASTER_SECRET" | paste -sd,)
api_keys=$(versions "$API_SECRET" | paste -sd,)
keys="AGENT_PRIVATE_KEY=$private_keys
MASTER_KEYS=$master_keys
API_KEYS=$api_keys"
# For the program that runs, which reads it when it changes; and for one that starts.
share keys <<<"$keys"
echo "$keys"
# Only to be read from the file: no trouble with it may keep a balancer from starting.
[ -z "${SLACK_SECRET:-}" ] || { address=$(secret "$SLACK_SECRET" AWSCURRENT) && share slack <<<"$address"; } || true
