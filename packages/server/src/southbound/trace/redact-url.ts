import { FILES_PATH } from "../files/file-url.ts";
import { UPLOADS_PATH } from "../files/upload-url.ts";
import { REDACTED } from "./secret-names.ts";

/** In JSON, a slash may stand escaped. */
const URL_IN_TEXT = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{1,15}:)(?:\\?\/){2}([^\s"'<>]*)/gi;
const OURS = [FILES_PATH, UPLOADS_PATH];
/** Nobody names a file so: it is a signature. */
const SIGNATURE = /^[\w~=-]{40,}$/;

/** Takes logins, queries and signatures out of every URL in a text. */
export function redactUrls(text: string): string {
  return text.replace(URL_IN_TEXT, (_whole, scheme: string, rest: string) => {
    const plain = withoutLogin(rest.replaceAll("\\/", "/"));
    const path = plain.search(/[/?#]/);
    return path < 0
      ? `${scheme}//${plain}`
      : `${scheme}//${plain.slice(0, path)}${redactTarget(plain.slice(path))}`;
  });
}

/** Takes them out of what stands in a request line. */
export function redactTarget(target: string): string {
  const [, path = "", query] = /^([^?#]*)(?:[?#](.*))?$/s.exec(target) ?? [];
  return redactPath(path) + (query === undefined ? "" : `?${redactQuery(query)}`);
}

/** A password may have any sign in it, whatever URLs allow. */
function withoutLogin(rest: string): string {
  const at = rest.lastIndexOf("@");
  return at < 0 ? rest : `${REDACTED}@${rest.slice(at + 1)}`;
}

/** Of our own links, the part after the one that names the file or the transfer lets in whoever has it. */
function redactPath(path: string): string {
  const isOurs = OURS.some((ours) => path.startsWith(ours));
  return path
    .split("/")
    .map((part, at) => ((isOurs && at === 3) || SIGNATURE.test(part) ? REDACTED : part))
    .join("/");
}

function redactQuery(query: string): string {
  return query
    .split("&")
    .map((pair) => {
      const at = pair.indexOf("=");
      return at < 0 ? REDACTED : `${pair.slice(0, at)}=${REDACTED}`;
    })
    .join("&");
}
