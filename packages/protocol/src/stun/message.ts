/** A transport address. IPv6 in eight groups, or shortened. */
export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

/** What carries a password as proof: hexadecimal, over the bytes that it covers. */
export interface StunIntegrity {
  readonly covered: Uint8Array;
  readonly hmac: string;
}

/** Asks from where it came, and so keeps its way through a NAT open [RFC 3489 8.1]. */
export interface BindingRequest {
  readonly type: "binding-request";
  /** 32 hexadecimal digits; those of RFC 5389 begin with its magic cookie. */
  readonly transaction: string;
  readonly username?: string;
  /** It was sent from where the device takes UDP connection requests [TR-069 G.2.1.3]. */
  readonly forConnectionRequests: boolean;
  /** The device found that its address has changed [TR-069 G.2.1.3]. */
  readonly bindingChanged: boolean;
  /** Where the answer is to go, if not to where the request came from; how a device finds out when its NAT forgets it. */
  readonly responseAddress?: StunAddress;
  /** What it was signed with; only of one that was read. */
  readonly integrity?: StunIntegrity;
  /** Attributes that must be understood, and are not, or that ask for an answer from elsewhere. */
  readonly unknown: readonly number[];
}

export interface BindingResponse {
  readonly type: "binding-response";
  readonly transaction: string;
  readonly mapped: StunAddress;
  /** Where the request came from, in an answer that went elsewhere [RFC 3489 11.2.11]. */
  readonly reflectedFrom?: StunAddress;
  readonly integrity?: StunIntegrity;
}

export interface BindingError {
  readonly type: "binding-error";
  readonly transaction: string;
  readonly code: number;
  readonly reason: string;
  /** Attributes that were not understood, with code 420. */
  readonly unknown: readonly number[];
}

export type StunMessage = BindingRequest | BindingResponse | BindingError;

/** Whether it is one of RFC 5389, whose clients are told their address in a form that no NAT rewrites. */
export function hasMagicCookie({ transaction }: Pick<StunMessage, "transaction">): boolean {
  return transaction.startsWith(MAGIC_COOKIE);
}

export const MAGIC_COOKIE = "2112a442";

export const HEADER_BYTES = 20;

/** The type in the header of each message. */
export const messageTypes = {
  "binding-request": 0x0001,
  "binding-response": 0x0101,
  "binding-error": 0x0111,
} as const satisfies Readonly<Record<StunMessage["type"], number>>;

/** Attributes [RFC 3489 11.2, RFC 5389 15, TR-069 G.2.1.3]; those below 0x8000 must be understood. */
export const attributes = {
  mappedAddress: 0x0001,
  responseAddress: 0x0002,
  changeRequest: 0x0003,
  sourceAddress: 0x0004,
  changedAddress: 0x0005,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  reflectedFrom: 0x000b,
  realm: 0x0014,
  nonce: 0x0015,
  xorMappedAddress: 0x0020,
  connectionRequestBinding: 0xc001,
  bindingChange: 0xc002,
} as const;

/** The first attribute that a reader may pass over. */
export const FIRST_OPTIONAL = 0x8000;

/** The value of CONNECTION-REQUEST-BINDING [TR-069 G.2.1.3]. */
export const CONNECTION_REQUEST_BINDING = "dslforum.org/TR-111 ";
