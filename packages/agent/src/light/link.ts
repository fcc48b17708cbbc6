/** What a link carries at a time. */
export type LinkMessage = string | Uint8Array;

/**
 * Opens connections that carry messages: WebSockets, or whatever a platform has in their place. It knows nothing of what is
 * said over them.
 */
export interface LightTransport {
  /**
   * Begins to open one. The listener hears `opened`, then any number of `received` and `heard`, then `closed`; or it hears
   * `refused` and nothing else. Nothing is heard before this returns, and nothing after `drop`.
   */
  open(target: LinkTarget, listener: LinkListener): Link;
}

export interface LinkTarget {
  readonly url: string;
  /** What the device would speak, in its order of preference; never empty. */
  readonly subprotocols: readonly string[];
  /** Goes along as `Authorization: Bearer`, or as the platform can [LIGHT 2]. */
  readonly token: string;
}

export interface Link {
  /**
   * Messages arrive in the order in which they were sent. Calls `handed` once: true when the machine took the message over,
   * false where the link broke before.
   */
  send(message: LinkMessage, handed: (isHanded: boolean) => void): void;
  /** Ends it in good order once what was sent has left; `closed` follows. */
  close(code: number): void;
  /** Ends it at once. */
  drop(): void;
}

export interface LinkListener {
  /** The ACS speaks this, of what the device would. */
  opened(subprotocol: string): void;
  refused(refusal: LinkRefusal): void;
  received(message: LinkMessage): void;
  /** The other side shows that it is there, and says nothing. */
  heard(): void;
  /** 1006 where it broke off. */
  closed(code: number, reason: string): void;
}

/** Why no link was opened. */
export interface LinkRefusal {
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** Whether to ask the same once more would be of no use. */
  readonly isFinal?: true;
  /** What the answer's Retry-After asks for. */
  readonly notBeforeMs?: number;
  /** For a person. */
  readonly reason: string;
}
