import { DevicePath } from "./devices.ts";
import {
  DownloadRequest,
  File,
  FileList,
  FilePath,
  FileQuery,
  NewFileQuery,
  UploadRequest,
} from "./files.ts";
import { Operation, OperationHeaders } from "./operations.ts";
import { json, nothing, route, text } from "./route.ts";

const DEVICE = "/api/v1/devices/{key}";
const FILES = "/api/v1/files";

const movingFiles = {
  params: DevicePath,
  headers: OperationHeaders,
  answers: {
    200: json("The operation, which ended in time", Operation),
    202: json("The operation, which goes on; `Location` says where", Operation),
  },
} as const;

/** Files for devices and from them, and how they are moved. */
export const fileRoutes = {
  listFiles: route({
    method: "GET",
    path: FILES,
    tag: "files",
    summary: "List files for devices and from them, oldest first",
    query: FileQuery,
    answers: { 200: json("Files", FileList) },
    problems: [],
  }),
  addFile: route({
    method: "POST",
    path: FILES,
    tag: "files",
    summary: "Add a file for devices",
    description:
      "It is answered once the file is on disk; of a file that does not arrive whole nothing stays.",
    query: NewFileQuery,
    content: "application/octet-stream",
    answers: { 201: json("The file", File) },
    problems: ["unsupported-media-type", "file-refused", "too-large", "files-full", "store-full"],
  }),
  getFile: route({
    method: "GET",
    path: `${FILES}/{id}`,
    tag: "files",
    summary: "Get what is known of a file",
    params: FilePath,
    answers: { 200: json("The file", File) },
    problems: ["unknown-file"],
  }),
  getFileContent: route({
    method: "GET",
    path: `${FILES}/{id}/content`,
    tag: "files",
    summary: "Get a file itself",
    description: "What came from a device may hold secrets, so that who reads it is in the audit log.",
    params: FilePath,
    answers: { 200: text("Its bytes, as they came", "application/octet-stream") },
    problems: ["unknown-file", "store-full"],
  }),
  removeFile: route({
    method: "DELETE",
    path: `${FILES}/{id}`,
    tag: "files",
    summary: "Remove a file",
    description: "Devices that are fetching it get it to its end; nobody else gets it any more.",
    params: FilePath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-file", "store-full"],
  }),
  downloadFile: route({
    ...movingFiles,
    method: "POST",
    path: `${DEVICE}/downloads`,
    tag: "files",
    summary: "Have a device fetch a file, by Download or ScheduleDownload",
    description: "The operation ends when the device says what came of it, or when it has not for long.",
    body: DownloadRequest,
    problems: [
      ...([
        "not-json",
        "unknown-device",
        "not-approved",
        "left-alone",
        "leased",
        "command-key-open",
      ] as const),
      ...(["too-large", "unsupported-media-type", "unknown-file", "idempotency-mismatch"] as const),
      ...(["invalid-rpc", "queue-full", "no-engine", "store-full"] as const),
    ],
  }),
  uploadFile: route({
    ...movingFiles,
    method: "POST",
    path: `${DEVICE}/uploads`,
    tag: "files",
    summary: "Have a device send a file, such as its configuration",
    description: "What comes stands among the files, with the device that it came from.",
    body: UploadRequest,
    problems: [
      ...([
        "not-json",
        "unknown-device",
        "not-approved",
        "left-alone",
        "leased",
        "command-key-open",
      ] as const),
      ...(["too-large", "unsupported-media-type", "idempotency-mismatch", "invalid-rpc"] as const),
      ...(["queue-full", "no-engine", "store-full"] as const),
    ],
  }),
};
