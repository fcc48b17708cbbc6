import { askedSubject } from "../ports/index.ts";

/** A subject without what it names: of `hg.v1.engine.<engine>.next` it is `engine.next`. Which engine is asked is left out. */
export function subjectKind(subject: string): string {
  const [, , of = "", ...rest] = askedSubject(subject).split(".");
  // Devices name their events themselves.
  const what = rest[1] === "event" ? "event" : rest.at(-1);
  return what === undefined ? of : `${of}.${what}`;
}
