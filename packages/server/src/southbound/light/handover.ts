import { GONE } from "../ask-engine.ts";
import type { EngineListener } from "../engines.ts";
import type { Connections } from "./connections.ts";
import type { Link } from "./link.ts";
import { Paced } from "./paced.ts";

/** Finds other engines for connections whose own is gone; their devices notice nothing. */
export function handover(connections: Pick<Connections, "all">): EngineListener {
  const paced = new Paced(announceAgain);
  return {
    onGone: (engine) => {
      paced.take(busyFirst(connections.all.filter(({ owner }) => owner.engine === engine)));
    },
    onStranded: () => {
      paced.stop();
      for (const link of connections.all) link.take({ type: "announced", reply: GONE });
    },
    onReturned: () => {
      paced.take(busyFirst(connections.all));
    },
  };
}

function busyFirst(links: readonly Link[]): readonly Link[] {
  return [...links.filter(({ isBusy }) => isBusy), ...links.filter(({ isBusy }) => !isBusy)];
}

/** Where no engine is found yet, the connection looks for one by itself. */
export async function announceAgain(link: Link): Promise<void> {
  if (link.isOpen) link.take({ type: "announced", reply: await link.owner.connectAgain() });
}
