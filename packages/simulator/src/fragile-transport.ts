import type { Link, LinkListener, LightTransport } from "@heliograph/agent";

/** A transport whose connections break off when they are told to. */
export interface FragileTransport extends LightTransport {
  /** Breaks off what is open, as a lost network does: neither side hears a word of it from the other. */
  breakOff(): void;
}

/** As a TCP connection that was lost is told of [RFC 6455 7.1.5]. */
const BROKEN_OFF = 1006;

/** Opens connections as another transport does. */
export function fragileTransport(transport: LightTransport): FragileTransport {
  const open = new Map<Link, LinkListener>();
  return {
    open(target, listener) {
      const link = transport.open(target, {
        opened(subprotocol) {
          open.set(link, listener);
          listener.opened(subprotocol);
        },
        refused: (refusal) => listener.refused(refusal),
        received: (message) => listener.received(message),
        heard: () => listener.heard(),
        closed(code, reason) {
          open.delete(link);
          listener.closed(code, reason);
        },
      });
      return link;
    },
    breakOff() {
      for (const [link, listener] of open) {
        open.delete(link);
        link.drop();
        listener.closed(BROKEN_OFF, "");
      }
    },
  };
}
