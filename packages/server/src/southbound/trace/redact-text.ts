import { redactJson } from "./redact-json.ts";
import type { JsonHints } from "./redact-json.ts";
import { redactUrls } from "./redact-url.ts";
import { redactXml } from "./redact-xml.ts";
import { REDACTED, SECRET_WORDS } from "./secret-names.ts";

/** Entities of its own could call anything by another name. */
const DECLARES = /<!\s*(?:DOCTYPE|ENTITY)/i;
/** A secret's name, and then a value: in whatever else a text may be, as a last resort. */
const NAMED_VALUE = new RegExp(
  `((?:${SECRET_WORDS})[\\w.-]{0,64}(?:&quot;|\\\\?["'])?\\s{0,8}[:=]\\s{0,8})` +
    `(?!\\s|true\\b|false\\b|null\\b|\\\\?["']?\\(redacted\\))` +
    `(?:"(?:[^"\\\\]|\\\\[^])*(?:"|$)|'[^']*(?:'|$)|\\\\"(?:[^"\\\\]|\\\\[^"])*(?:\\\\"|$)|&quot;[^]*?(?:&quot;|$)|[^\\s,;&}\\]<>"']+)`,
  "gi",
);
/** What begins like the tokens of the light transport, and what HTTP lets somebody in by. */
const LIGHT_TOKEN = /(?<![\w-])ey[\w-]{12,}(?:\.[\w-]*){0,2}/g;
const AUTHORIZATION = /\b(Bearer|Basic)(\s{1,4})(?!\(redacted\))[\w+/=.~-]{8,}/gi;

/**
 * Takes secrets out of a body, whatever it is: each reader goes over it for what it knows, and none needs it to be well
 * formed, so that nothing is shown because it could not be read.
 */
export function redactText(text: string, hints: JsonHints): string {
  if (DECLARES.test(text)) return `${REDACTED}: it declares entities of its own, and is not shown`;
  return redactNamed(redactUrls(redactJson(redactXml(text), hints)));
}

/** Takes them out of a line that is no document. */
export function redactNamed(text: string): string {
  return text
    .replaceAll(NAMED_VALUE, `$1${REDACTED}`)
    .replaceAll(AUTHORIZATION, `$1$2${REDACTED}`)
    .replaceAll(LIGHT_TOKEN, REDACTED);
}
