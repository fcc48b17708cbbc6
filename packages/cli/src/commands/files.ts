import type { File } from "@heliograph/api";
import { createWriteStream, openAsBlob } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { readKind } from "../file-kind.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { relativeTime } from "../time-words.ts";

const id = { name: "file", help: "its id, as `files list` shows it" } as const;

export const filesList = command({
  name: "files list",
  section: "Files",
  summary: "List files, oldest first",
  arguments: [],
  flags: [
    { name: "device", value: "key", help: "those that came from this device" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "files list", shows: "firmware and backups" }],
  async run(given, terminal) {
    const device = given.text("device");
    const query = device === undefined ? {} : { device };
    const { items } = await connect(given, terminal).files.list(query);
    if (given.isOn("json")) showJson(terminal, items);
    else {
      const head = ["id", "name", "kind", "bytes", "added", "for, or from"];
      showTable(terminal, { head, rows: items.map((file) => rowOf(file, terminal.now())) });
    }
    return exitCodes.done;
  },
});

export const filesAdd = command({
  name: "files add",
  section: "Files",
  summary: "Add a file for devices",
  arguments: [{ name: "path", help: "where it lies on this machine" }],
  flags: [
    { name: "name", value: "name", help: "what devices see; else the name that it has here" },
    {
      name: "kind",
      value: "kind",
      default: "firmware",
      help: "firmware, web, config, tone, ringer, or as CWMP writes it",
    },
    { name: "version", value: "version", help: "of the software that is in it" },
    { name: "oui", value: "oui", help: "of the devices that it is for" },
    { name: "product-class", value: "class", help: "of the devices that it is for" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "files add router-2.1.bin --version 2.1", shows: "a firmware, and its id" }],
  async run(given, terminal) {
    const path = given.one("path");
    const content = await openAsBlob(path).catch((cause: unknown) => {
      throw new UsageError(`${path} cannot be read: ${cause instanceof Error ? cause.message : ""}`);
    });
    const [version, oui, productClass] = [
      given.text("version"),
      given.text("oui"),
      given.text("product-class"),
    ];
    const about = {
      name: given.text("name") ?? basename(path),
      kind: readKind(given.text("kind") ?? "firmware"),
      ...(version === undefined ? {} : { version }),
      ...(oui === undefined ? {} : { oui }),
      ...(productClass === undefined ? {} : { productClass }),
    };
    const file = await connect(given, terminal).files.add(about, content);
    if (given.isOn("json")) showJson(terminal, file);
    else terminal.out(file.id);
    return exitCodes.done;
  },
});

export const filesGet = command({
  name: "files get",
  section: "Files",
  summary: "Write a file to this machine",
  arguments: [id, { name: "path", help: "where it is written; a file that is there is not replaced" }],
  flags: [...connectionFlags],
  examples: [{ line: "files get 0123456789abcdef backup.cfg", shows: "what a device sent" }],
  async run(given, terminal) {
    const { body } = await connect(given, terminal).files.content(given.one("file"));
    if (body !== null)
      await pipeline(Readable.fromWeb(body), createWriteStream(given.one("path"), { flags: "wx" }));
    return exitCodes.done;
  },
});

export const filesRemove = command({
  name: "files remove",
  section: "Files",
  summary: "Remove a file",
  arguments: [id],
  flags: [...connectionFlags],
  examples: [{ line: "files remove 0123456789abcdef", shows: "nothing, once it is gone" }],
  async run(given, terminal) {
    await connect(given, terminal).files.remove(given.one("file"));
    return exitCodes.done;
  },
});

function rowOf(file: File, now: number): readonly Cell[] {
  const { id: name, kind, bytes, added, device, oui, productClass, version } = file;
  const who = device ?? [oui, productClass].filter((part) => part !== undefined).join(" ");
  const named = version === undefined ? file.name : `${file.name} (${version})`;
  return [name, named, kind, String(bytes), relativeTime(added, now), who];
}
