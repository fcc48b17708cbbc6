import { ApiError, type Client } from "@heliograph/api/client";

/** What somebody came in by; dispose of it when nothing goes by it any more. */
export interface Admission extends Disposable {
  /** Aborted once the ACS lets them in no longer. */
  readonly over: AbortSignal;
  /** It is known to be over. */
  readonly end: () => void;
}

/** A timer takes no more. */
const LONGEST_MS = 2 ** 31 - 1;

export interface AdmissionTerms {
  readonly client: Client;
  /** When it ends by itself; undefined where it does not. */
  readonly expires: string | undefined;
  readonly now: () => number;
}

/** Watches for the end of what somebody came in by. The ACS closes its streams when it ends: then it is asked. */
export function watchAdmission({ client, expires, now }: AdmissionTerms): Admission {
  const over = new AbortController();
  const left = new AbortController();
  const ask = async (): Promise<void> => {
    await client.sessions.me({ signal: left.signal }).catch((error: unknown) => {
      if (isOver(error)) over.abort();
    });
  };
  const follow = async (): Promise<void> => {
    const events = client.events({ signal: left.signal, onLost: () => void ask() });
    // Nothing is read of them but their end.
    while ((await events.next()).done !== true);
  };
  void follow().catch((error: unknown) => {
    if (isOver(error)) over.abort();
  });
  const inMs = expires === undefined ? LONGEST_MS : Date.parse(expires) - now();
  const timer = setTimeout(() => void ask(), Math.min(Math.max(0, inMs), LONGEST_MS));
  return {
    over: over.signal,
    end: () => over.abort(),
    [Symbol.dispose]() {
      clearTimeout(timer);
      left.abort();
    },
  };
}

/** Whether the ACS does not let somebody in any more, whatever they ask. */
export function isOver(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}
