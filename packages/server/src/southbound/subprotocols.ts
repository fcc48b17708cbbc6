/** What is spoken on a light connection: devices are referred to these, and the gateway has a codec for each. */
export const SUBPROTOCOLS = ["cwmp.json", "cwmp.soap", "v12.stomp", "v11.stomp", "v10.stomp"] as const;

export type Subprotocol = (typeof SUBPROTOCOLS)[number];

/** The first that the device offers and we speak. */
export function chosen<S extends string>(offered: Iterable<string>, spoken: Iterable<S>): S | undefined {
  const ours = [...spoken];
  for (const name of offered) {
    const found = ours.find((subprotocol) => subprotocol === name);
    if (found !== undefined) return found;
  }
  return undefined;
}
