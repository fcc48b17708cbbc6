import type { SeenHead } from "../../ports/index.ts";
import { redactNamed } from "./redact-text.ts";
import { redactTarget, redactUrls } from "./redact-url.ts";
import { isSecretName, REDACTED } from "./secret-names.ts";

/** Headers whose value says how things went, and lets nobody in. Of all others, the name alone is shown. */
const SHOWN = new Set([
  ...[
    "accept",
    "accept-encoding",
    "allow",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
  ],
  ...["date", "expect", "host", "keep-alive", "location", "origin", "retry-after", "server", "soapaction"],
  ...["transfer-encoding", "upgrade", "user-agent", "via", "www-authenticate", "x-forwarded-for"],
  ...["x-forwarded-proto", "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions"],
  // Of STOMP.
  ...[
    "accept-version",
    "ack",
    "close-code",
    "destination",
    "heart-beat",
    "id",
    "login",
    "message",
    "message-id",
  ],
  ...["method", "receipt", "receipt-id", "request-id", "session", "status", "subscription", "transaction"],
  ...["version", "max-in-flight", "max-message-bytes", "replay-window", "ping-interval", "expires-in"],
]);

/** The first line and the headers, a line each, without what lets somebody in. */
export function redactHead({ line, headers }: SeenHead): string {
  const lines = [...headers].map(([name, value]) =>
    oneLine(`${name}: ${redactHeader(name.toLowerCase(), value)}`),
  );
  return [oneLine(redactLine(line)), ...lines].join("\n");
}

function redactLine(line: string): string {
  const [method, target, ...rest] = line.split(" ");
  if (target?.startsWith("/") !== true) return redactNamed(redactUrls(line));
  return [method, redactNamed(redactTarget(target)), ...rest].join(" ");
}

function redactHeader(name: string, value: string): string {
  switch (name) {
    case "authorization":
    case "proxy-authorization":
      return redactAuthorization(value);
    case "cookie":
    case "set-cookie":
      return redactCookies(value);
    case "www-authenticate":
      // A nonce opens nothing without the password.
      return redactUrls(value);
    case "sec-websocket-protocol":
      return value.replaceAll(/(bearer\.)[^\s,]+/gi, `$1${REDACTED}`);
    default:
      return SHOWN.has(name) && !isSecretName(name) ? redactNamed(redactUrls(value)) : REDACTED;
  }
}

/** Who somebody says to be, and by which challenge, is shown; what proves it is not. */
const TOLD = new Set(["username", "realm", "nonce", "uri", "algorithm", "qop", "nc", "opaque"]);

function redactAuthorization(value: string): string {
  const [, scheme = ""] = /^\s*(Digest|Basic|Bearer)\b/i.exec(value) ?? [];
  if (scheme.toLowerCase() !== "digest") return scheme === "" ? REDACTED : `${scheme} ${REDACTED}`;
  const shown = [...value.matchAll(/([\w-]{1,32})\s{0,4}=\s{0,4}("[^"]*"?|[^\s,"]+)/g)].map(
    ([, name = "", said = ""]) => `${name}=${TOLD.has(name.toLowerCase()) ? redactUrls(said) : REDACTED}`,
  );
  return `${scheme} ${shown.join(", ")}`;
}

const ATTRIBUTES = /^(?:path|domain|max-age|expires|samesite|secure|httponly)$/i;

function redactCookies(value: string): string {
  return value
    .split(";")
    .map((part) => {
      const [name = "", ...said] = part.trim().split("=");
      if (ATTRIBUTES.test(name)) return part.trim();
      return said.length === 0 ? REDACTED : `${name}=${REDACTED}`;
    })
    .join("; ");
}

/** What a header may not hold makes no line of its own. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\0]+/g, " ");
}
