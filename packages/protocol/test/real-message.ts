import { readFileSync } from "node:fs";
import { basename } from "node:path";

const EXCERPT_END = "<!-- excerpt ends here -->";

/**
 * The XML of a published message: the HTTP head off, and what its publisher cut or wrote as a template completed. The
 * reason stands beside each; every other file is taken as it is.
 */
export function realMessage(file: string): string {
  const text = withoutHead(readFileSync(file, "utf8"));
  const name = basename(file);
  return text.includes(EXCERPT_END)
    ? framed(closed(text.slice(0, text.indexOf(EXCERPT_END))))
    : (completions[name]?.(text) ?? text);
}

const completions: Readonly<Record<string, (text: string) => string>> = {
  // Published with the sizes of its HTTP chunks inside.
  "007-thomson-Inform.xml": (text) => text.replaceAll(/\r?\n[0-9a-f]{1,4}\r?\n(?=[^<\s]|$)/g, ""),
  // A template of a program in Go: the loop's body stands before the list that it fills.
  "071-oktopus-GetParameterNamesResponse.xml": (text) => {
    const [head = "", , name = "", , flag = "", , list = "", , tail = ""] = text.split("`");
    return `${head}${list}${name}Device.WiFi.${flag}${tail}`;
  },
  // A template of a program in Go: serial number and time are filled in when it runs.
  "069-adb-broadband-Inform.xml": (text) => text.replaceAll(/` \+ [^`]* \+ `/g, "filled-in"),
  // A string of a program in C, with its quotes escaped.
  "109-zte-Inform.xml": (text) => text.replaceAll('\\"', '"'),
  // Shape only: the publisher wrote dots in place of fields.
  "145-hitron-Inform.xml": (text) =>
    text
      .replace("...CODA-5519...", "<ProductClass>CODA-5519</ProductClass><SerialNumber>S</SerialNumber>")
      .replace("...0 BOOTSTRAP...", "<EventStruct><EventCode>0 BOOTSTRAP</EventCode></EventStruct>"),
};

function withoutHead(text: string): string {
  return text.startsWith("POST ") ? text.slice(text.search(/\r?\n\r?\n/)) : text;
}

/** Cut after its last whole tag, and every element that is open there closed. */
function closed(excerpt: string): string {
  const whole = excerpt.slice(0, excerpt.lastIndexOf(">") + 1);
  const open: string[] = [];
  for (const [, slash, name = "", empty] of whole.matchAll(
    /<(\/?)([^\s<>/?!]+)(?:"[^"]*"|'[^']*'|[^"'<>])*?(\/?)>/g,
  )) {
    if (slash === "/") open.pop();
    else if (empty === "") open.push(name);
  }
  return (
    whole +
    open
      .reverse()
      .map((name) => `</${name}>`)
      .join("")
  );
}

/** An excerpt may be of the fault alone. */
function framed(text: string): string {
  return /<[\w-]+:Envelope/.test(text) ? text : `<e:Envelope><e:Body>${text}</e:Body></e:Envelope>`;
}
