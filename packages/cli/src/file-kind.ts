import { UsageError } from "./command-error.ts";

const SHORT = {
  firmware: "1 Firmware Upgrade Image",
  web: "2 Web Content",
  config: "3 Vendor Configuration File",
  tone: "4 Tone File",
  ringer: "5 Ringer File",
} as const;

const UPLOADED = { config: "1 Vendor Configuration File", log: "2 Vendor Log File" } as const;

/** A kind of file that a device fetches, by a word or as CWMP writes it [CWMP 1.4 A.3.2.8]. */
export function readKind(text: string): string {
  return read(text, SHORT);
}

/** A kind of file that a device sends [CWMP 1.4 A.4.1.5]. */
export function readUploadKind(text: string): string {
  return read(text, UPLOADED);
}

function read(text: string, words: Readonly<Record<string, string>>): string {
  const known = new Map(Object.entries(words)).get(text);
  if (known !== undefined) return known;
  if (/^(\d+|X [0-9A-F]{6}) .+$/.test(text)) return text;
  const named = Object.keys(words).join(", ");
  throw new UsageError(
    `a kind of file is ${named}, or as CWMP writes it, "1 …" or "X <OUI> …"; it is "${text}"`,
  );
}
