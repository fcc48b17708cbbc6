import type { Command } from "./command.ts";
import { approve } from "./commands/approve.ts";
import { audit } from "./commands/audit.ts";
import { call } from "./commands/call.ts";
import { cancel } from "./commands/cancel.ts";
import { conformance, conformanceDevice } from "./commands/conformance.ts";
import { credentialsRotate } from "./commands/credentials.ts";
import { devices } from "./commands/devices.ts";
import { backup } from "./commands/backup.ts";
import { download } from "./commands/download.ts";
import { filesAdd, filesGet, filesList, filesRemove } from "./commands/files.ts";
import { get } from "./commands/get.ts";
import { login } from "./commands/login.ts";
import { operation } from "./commands/operation.ts";
import { operations } from "./commands/operations.ts";
import { quirks, quirksSet, quirksUnset } from "./commands/quirks.ts";
import { reboot } from "./commands/reboot.ts";
import { refresh } from "./commands/refresh.ts";
import { reject } from "./commands/reject.ts";
import { relieve } from "./commands/relieve.ts";
import { remove } from "./commands/remove.ts";
import { serve } from "./commands/serve.ts";
import { set } from "./commands/set.ts";
import { show } from "./commands/show.ts";
import { simulate } from "./commands/simulate.ts";
import { tokensCreate, tokensList, tokensRevoke } from "./commands/tokens.ts";
import { upload } from "./commands/upload.ts";
import { watch } from "./commands/watch.ts";

/** Every command, in the order of the help. What stands here can be run and is in the help; nothing else. */
export const commands: readonly Command[] = [
  serve,
  simulate,
  devices,
  show,
  approve,
  reject,
  remove,
  credentialsRotate,
  quirks,
  quirksSet,
  quirksUnset,
  relieve,
  get,
  refresh,
  set,
  call,
  reboot,
  filesList,
  filesAdd,
  filesGet,
  filesRemove,
  download,
  upload,
  backup,
  watch,
  operations,
  operation,
  cancel,
  audit,
  login,
  tokensList,
  tokensCreate,
  tokensRevoke,
  conformance,
  conformanceDevice,
];
