import type { ClassicService, LightTransport, TransferHandler } from "@heliograph/agent";
import { HttpSessions, httpTransfer, webSocketTransport } from "@heliograph/agent/node";

/** Addresses, `host:port`, of which any will do. */
export interface Addresses {
  /** The one that is to be tried next. */
  next(): string;
}

/** Each of them in its turn, from a first one on: as a name with several addresses leads somewhere else each time. */
export function inTurn(addresses: readonly string[], first = 0): Addresses {
  let turn = first;
  return {
    next() {
      const address = addresses[turn % addresses.length];
      turn += 1;
      if (address === undefined) throw new Error("there is no address");
      return address;
    },
  };
}

/** Each session goes to the next address, whatever host the ACS URL names. */
export function roamingSessions(addresses: Addresses): ClassicService {
  const sessions = new HttpSessions({ ca: undefined });
  return {
    hold: (task) => sessions.hold({ ...task, acsUrl: at(task.acsUrl, addresses) }),
    breakOff: () => sessions.breakOff(),
  };
}

/** Each connection goes to the next address, whatever host the reference names. */
export function roamingTransport(addresses: Addresses): LightTransport {
  const transport = webSocketTransport();
  return {
    open: ({ url, ...target }, listener) => transport.open({ ...target, url: at(url, addresses) }, listener),
  };
}

/** A file that cannot be had at one address is asked for at the next one, so many times. */
export function roamingTransfer(addresses: Addresses, tries: number): TransferHandler {
  const move = httpTransfer({ timeoutMs: TRANSFER_MS });
  return async (transfer) => {
    for (let tried = 1; ; tried += 1) {
      try {
        await move({ ...transfer, URL: at(transfer.URL, addresses) });
        return;
      } catch (error) {
        if (tried === tries) throw error;
        await new Promise((resolve) => setTimeout(resolve, TRANSFER_PAUSE_MS));
      }
    }
  };
}

/** Asks the host that answered last; where nobody answers, or who cannot answer now, the next request goes to the next one. */
export function roamingFetch(origins: readonly string[], patienceMs: number): typeof fetch {
  let turn = 0;
  return async (input, init = {}) => {
    const origin = origins[turn % origins.length];
    const url = new URL(input instanceof Request ? input.url : input);
    const isStream = new Headers(init.headers).get("accept") === "text/event-stream";
    try {
      const response = await fetch(new URL(url.pathname + url.search, origin), {
        ...init,
        ...(isStream ? {} : { signal: AbortSignal.timeout(patienceMs) }),
      });
      if (response.status >= 500) turn += 1;
      return response;
    } catch (error) {
      turn += 1;
      throw error;
    }
  };
}

const TRANSFER_MS = 10_000;
const TRANSFER_PAUSE_MS = 2_000;

function at(text: string, addresses: Addresses): string {
  const url = new URL(text);
  url.host = addresses.next();
  return url.href;
}
