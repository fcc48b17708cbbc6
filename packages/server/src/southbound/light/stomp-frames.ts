import { refuse } from "@heliograph/protocol";
import type {
  ConnectedFrame,
  Decoded,
  LightResult,
  Problem,
  SendFrame,
  ServerFrame,
} from "@heliograph/protocol";
import { receiptFrame } from "../../stomp/served-session.ts";
import { contentTypeOf } from "./stomp-bodies.ts";
import type { BodyForm } from "./stomp-bodies.ts";
import { REQUESTS, RESPONSES } from "./stomp-headers.ts";

/** Who waits for a RECEIPT until all that it is for is stored. */
export interface Receipt {
  readonly id: string;
  left: number;
}

/** A request of the device that is being served. */
export interface Asked {
  /** Undefined where no answer is wanted. */
  readonly requestId: string | undefined;
  readonly method: string;
  readonly form: BodyForm;
  readonly receipt: Receipt | undefined;
}

const SERVER = "heliograph";

/** Lets the device in, with the token for its next connection, and what the ACS takes. */
export function connectedFrame(
  agreed: Pick<ConnectedFrame, "version" | "heartBeat">,
  { Session, Token, ExpiresIn, MaxInFlight, MaxMessageBytes }: LightResult<"Attach">,
): ServerFrame {
  const headers = {
    token: Token,
    "token-expires-in": ExpiresIn,
    "max-in-flight": MaxInFlight,
    "max-message-bytes": MaxMessageBytes,
  };
  return {
    command: "CONNECTED",
    ...agreed,
    session: Session,
    server: SERVER,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  };
}

export interface Delivered {
  /** The subscription. */
  readonly id: string;
  readonly destination: string;
  readonly messageId: string;
}

export interface Content {
  readonly form: BodyForm;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A MESSAGE; without an ack none is asked for. */
export function messageFrame(
  { id, destination, messageId }: Delivered,
  { form, headers, body }: Content,
  ack?: string,
): ServerFrame {
  return {
    command: "MESSAGE",
    destination,
    messageId,
    subscription: id,
    ack,
    contentType: contentTypeOf(form),
    headers,
    body: Buffer.from(body),
  };
}

/** One of those that a receipt is for is stored. */
export function processed(receipt: Receipt | undefined): readonly ServerFrame[] {
  if (receipt === undefined) return [];
  receipt.left -= 1;
  return receipt.left === 0 ? [receiptFrame(receipt.id)] : [];
}

/** What makes a SEND one that nothing can be done about. */
export function problemOf({ destination, headers }: SendFrame): Problem | undefined {
  const missing = (name: string): Problem => ({
    reason: "bad-header",
    at: `SEND.${name}`,
    detail: "it is missing",
  });
  if (destination === REQUESTS) return undefined;
  if (destination !== RESPONSES) return { reason: "unknown-id", at: "SEND.destination", detail: NO_SUCH };
  return headers.has("request-id") ? undefined : missing("request-id");
}

const NO_SUCH = "there is no such destination, or it is not yours";

export function noSuch(command: string): Decoded<never> {
  return refuse("unknown-id", `${command}.destination`, NO_SUCH);
}
