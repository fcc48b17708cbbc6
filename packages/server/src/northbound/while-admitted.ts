import { subjects, type Authority } from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import type { NorthboundPorts } from "./settings.ts";

/** A right that is watched; dispose of it when nothing goes by it any more. */
export interface Watched extends Disposable {
  /** Given once the right is over, or is another. */
  readonly over: AbortSignal;
}

/** The bus may lose a message: so it is looked, too. */
const LOOK_MS = 5_000;
/** Nobody says that facts of a device are others. */
const LOOK_AT_FACTS_MS = 500;

/** Watches what somebody is let in by: told by the bus, it is looked at once. A store that cannot be read ends nothing. */
export function whileAdmitted(
  { authority, isAdmitted, goesByFacts }: Manager,
  { bus, clock }: Pick<NorthboundPorts, "bus" | "clock">,
): Watched {
  const over = new AbortController();
  if (authority === undefined) return { over: over.signal, [Symbol.dispose]: () => undefined };
  const look = async (): Promise<void> => {
    if (!(await isAdmitted().catch(() => true))) over.abort();
  };
  const lookAgain = () =>
    clock.after(goesByFacts ? LOOK_AT_FACTS_MS : LOOK_MS, () => {
      void look();
      timer = lookAgain();
    });
  let timer = lookAgain();
  const subscription = bus.subscribe(subjects.everyRevoked, (revoked) => {
    if ("authority" in revoked && isSame(revoked.authority, authority)) void look();
  });
  const returns = bus.onReturn(() => void look());
  return {
    over: over.signal,
    [Symbol.dispose]() {
      timer.cancel();
      subscription.unsubscribe();
      returns.unsubscribe();
    },
  };
}

function isSame(one: Authority, other: Authority): boolean {
  return one.type === other.type && one.id === other.id;
}
