import { Readable } from "node:stream";
import { routes, type NewFileQuery } from "@heliograph/api";
import { inputValidator } from "@heliograph/api/validation";
import { atItsOwnPace } from "../http/body-bound.ts";
import { paced, SlowBodyError, type BodyPace } from "../http/paced-body.ts";
import {
  fileId,
  type AddFileResult,
  type FileRecord,
  type FileRefusal,
  type NewFile,
} from "../ports/index.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";
import { give, readInput, sendRefusal, serve, type Served } from "./serve.ts";
import type { RestPorts } from "./settings.ts";
import { showFile } from "./show-file.ts";

const USUAL_KIND = "1 Firmware Upgrade Image";

/** Files for devices and from them: they come and go as streams, and are never looked into. */
export function fileHandlers(ports: RestPorts, pace: BodyPace) {
  const { files, store, clock } = ports;
  return {
    listFiles: serve(routes.listFiles, async ({ input: { query } }) => {
      const all = await files.files();
      const listed = all.filter(({ device }) => query.device === undefined || device === query.device);
      return give(200, { items: listed.map(showFile) });
    }),

    addFile: addFile(ports, pace),

    getFile: serve(routes.getFile, async ({ input: { params } }) => {
      const file = await findFile(ports, params.id);
      return isRefusal(file) ? file : give(200, showFile(file));
    }),

    getFileContent: getFileContent(ports),

    removeFile: serve(routes.removeFile, async ({ input: { params }, manager }) => {
      const file = await findFile(ports, params.id);
      if (isRefusal(file)) return file;
      const { id, name, sha256 } = file;
      const detail = { id, name, sha256 };
      const audit = { at: clock.now(), manager: manager.name, action: "remove-file", detail };
      await store.commit("record-audit", { audit });
      return (await files.remove(id)) ? give(204, undefined) : unknownFile(id);
    }),
  };
}

export async function findFile(
  { files }: Pick<RestPorts, "files">,
  text: string,
): Promise<FileRecord | Refusal> {
  const id = fileId(text);
  return (id && (await files.file(id))) ?? unknownFile(text);
}

export function unknownFile(id: string): Refusal {
  return refuse("unknown-file", `no file has the id ${id}: GET /api/v1/files lists those there are`);
}

function addFile({ files, store, clock }: RestPorts, pace: BodyPace): Served {
  const route = routes.addFile;
  const validator = inputValidator(route);
  return {
    route,
    async serve(request, reply) {
      const input = readInput(validator, request);
      if (isRefusal(input)) return sendRefusal(reply, input);
      // A file that is refused half way must leave the connection for the answer.
      const content = paced(request.raw.iterator({ destroyOnReturn: false }), { pace, clock });
      const adding = (): Promise<AddFileResult> => files.add(newFile(input.query), content);
      const result = await atItsOwnPace(request.raw, adding).catch((error: unknown) => {
        if (error instanceof SlowBodyError) return TOO_SLOW;
        if (request.raw.readableAborted) return BROKEN_OFF;
        throw error;
      });
      if ("refused" in result) return sendRefusal(reply, result);
      if (result.type === "refused") return sendRefusal(reply, REFUSALS[result.reason]);
      const { id, name, bytes, sha256 } = result.file;
      const by = { manager: request.manager.name, action: "add-file" };
      const audit = { at: clock.now(), ...by, detail: { id, name, bytes, sha256 } };
      await store.commit("record-audit", { audit });
      return reply.code(201).send(showFile(result.file));
    },
  };
}

/** What is on its way still is not waited for. */
const TOO_SLOW = refuse("request-timeout", "the file comes too slowly: nothing of it stays", {
  connection: "close",
});
const BROKEN_OFF = refuse("request-timeout", "the file broke off before its end: nothing of it stays");

const REFUSALS: Readonly<Record<FileRefusal, Refusal>> = {
  "too-large": refuse("too-large", "the file is larger than is taken"),
  full: refuse("files-full", "there is no room for the file: remove another"),
  "too-many": refuse("files-full", "there are as many files as may be: remove another"),
  "bad-name": refuseInput("file-refused", [
    { at: "name", detail: "must be one part of a path, without characters that cannot be seen" },
  ]),
  "not-as-expected": refuseInput("file-refused", [
    { at: "sha256", detail: "is not that of the bytes that came: send them again" },
  ]),
};

function newFile({ name, kind, version, sha256, ...target }: NewFileQuery): NewFile {
  return {
    name,
    kind: kind ?? USUAL_KIND,
    target,
    ...(version === undefined ? {} : { version }),
    ...(sha256 === undefined ? {} : { expected: { sha256 } }),
  };
}

/** For download alone: what a device sent must run in nobody's browser. */
function getFileContent(ports: RestPorts): Served {
  const route = routes.getFileContent;
  const validator = inputValidator(route);
  return {
    route,
    async serve(request, reply) {
      const input = readInput(validator, request);
      if (isRefusal(input)) return sendRefusal(reply, input);
      const file = await findFile(ports, input.params.id);
      if (isRefusal(file)) return sendRefusal(reply, file);
      await noteReading(file, request.manager.name, ports);
      return reply
        .type("application/octet-stream")
        .headers({
          "content-length": String(file.bytes),
          "content-disposition": `attachment; filename*=UTF-8''${extendedValue(file.name)}`,
        })
        .send(Readable.from(ports.files.read(file.id), { objectMode: false }));
    },
  };
}

/** What a device sent, such as its configuration, holds secrets: who reads it is kept. */
async function noteReading(
  { id, name, device }: FileRecord,
  manager: string,
  { store, clock }: RestPorts,
): Promise<void> {
  if (device === undefined) return;
  const by = { at: clock.now(), manager, action: "read-file", device };
  await store.commit("record-audit", { audit: { ...by, detail: { id, name } } });
}

/** [RFC 8187 3.2] */
function extendedValue(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
