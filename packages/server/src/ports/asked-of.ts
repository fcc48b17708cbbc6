import type { Bus, RequestPattern, RequestSubject, Subscription } from "./bus.ts";
import type { EngineId } from "./ids.ts";
import { queues, type OfAny } from "./subjects.ts";

type Asked<Q, A> = RequestSubject<Q, A> | RequestPattern<Q, A>;

const ROOT = "hg.v1.";
const ASKED = /^hg\.v1\.engine\.[^.]+\.asked\./;

/** What any engine may be asked, asked of this one: a queue group goes on to give its share to one that stands still. */
export function askedOf<Q, A>(engine: EngineId, subject: RequestSubject<Q, A>): RequestSubject<Q, A>;
export function askedOf<Q, A>(engine: EngineId, subject: Asked<Q, A>): Asked<Q, A>;
export function askedOf(engine: EngineId, subject: string): string {
  return `${ROOT}engine.${engine}.asked.${subject.slice(ROOT.length)}`;
}

/** What was asked, whichever engine it was asked of. */
export function askedSubject(subject: string): string {
  return subject.replace(ASKED, ROOT);
}

/** One of the engines that may be asked. */
export interface AnyEngine {
  readonly bus: Bus;
  readonly engine: EngineId;
  /** There is no other: nobody needs its name. */
  readonly isAlone: boolean;
}

/** Serves what any engine may be asked, whether all are asked as one or this one is. */
export function serveAny<Q, A>(
  { bus, engine, isAlone }: AnyEngine,
  subject: OfAny<Asked<Q, A>>,
  handler: (message: Q, subject: string) => Promise<A>,
): readonly Subscription[] {
  const asOne = bus.serve(subject, handler, { queue: queues.engine });
  return isAlone ? [asOne] : [asOne, bus.serve(askedOf(engine, subject), handler)];
}
