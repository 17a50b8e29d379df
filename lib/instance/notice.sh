# Leaves word for the program when EC2 takes this Spot instance away, two minutes before it does. The program itself cannot ask: it
# may not reach the instance's credentials, which are at the same address.
while sleep "${LOOK_SECONDS:-5}"; do
  # 404 as long as there is no notice.
  if notice=$(meta spot/instance-action 2>/dev/null); then share leaving <<<"$notice"; fi
done
