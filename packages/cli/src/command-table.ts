import type { Command } from "./command.ts";
import { approve } from "./commands/approve.ts";
import { audit } from "./commands/audit.ts";
import { call } from "./commands/call.ts";
import {
  campaignsCancel,
  campaignsDevices,
  campaignsList,
  campaignsPause,
  campaignsPreview,
  campaignsResume,
  campaignsShow,
  campaignsStart,
} from "./commands/campaigns.ts";
import { cancel } from "./commands/cancel.ts";
import {
  channelsList,
  channelsPresence,
  channelsPublish,
  channelsRenew,
  channelsSet,
  channelsShow,
  channelsWatch,
} from "./commands/channels.ts";
import { conformance, conformanceDevice } from "./commands/conformance.ts";
import { backupStore, migrateStore, restoreStore } from "./commands/store.ts";
import { credentialsRotate } from "./commands/credentials.ts";
import { devices } from "./commands/devices.ts";
import { backup } from "./commands/backup.ts";
import { backupsDiff, backupsList, backupsPlan, backupsRemove, backupsShow } from "./commands/backups.ts";
import { download } from "./commands/download.ts";
import { filesAdd, filesGet, filesList, filesRemove } from "./commands/files.ts";
import { get } from "./commands/get.ts";
import {
  groupsAdd,
  groupsChanges,
  groupsList,
  groupsMembers,
  groupsPreview,
  groupsRemove,
  groupsShow,
} from "./commands/groups.ts";
import {
  grantsCreate,
  grantsExtend,
  grantsList,
  grantsNarrow,
  grantsRevoke,
  grantsShow,
  grantsTranscript,
} from "./commands/grants.ts";
import { lease } from "./commands/lease.ts";
import { live } from "./commands/live.ts";
import { login } from "./commands/login.ts";
import { operation } from "./commands/operation.ts";
import { operations } from "./commands/operations.ts";
import {
  configuration,
  configurationRemove,
  configurationSet,
  configurationVersions,
} from "./commands/configuration.ts";
import {
  policiesDevices,
  policiesList,
  policiesPause,
  policiesPreview,
  policiesPublish,
  policiesRemove,
  policiesResume,
  policiesRollBack,
  policiesSet,
  policiesShow,
  policiesVersions,
} from "./commands/policies.ts";
import { quirksExport, quirksImport } from "./commands/quirk-file.ts";
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
import { tag } from "./commands/tag.ts";
import { tokensCreate, tokensList, tokensRevoke } from "./commands/tokens.ts";
import { trace } from "./commands/trace.ts";
import { troubleshoot } from "./commands/troubleshoot.ts";
import { upload } from "./commands/upload.ts";
import {
  rolesList,
  rolesRemove,
  rolesSet,
  usersAdd,
  usersDisable,
  usersEnable,
  usersList,
  usersPassword,
  usersRemove,
  usersRole,
} from "./commands/users.ts";
import { watch } from "./commands/watch.ts";
import {
  webhooksAdd,
  webhooksDead,
  webhooksList,
  webhooksRemove,
  webhooksResend,
} from "./commands/webhooks.ts";

/** Every command, in the order of the help. What stands here can be run and is in the help; nothing else. */
export const commands: readonly Command[] = [
  serve,
  backupStore,
  restoreStore,
  migrateStore,
  simulate,
  devices,
  show,
  approve,
  reject,
  remove,
  tag,
  groupsList,
  groupsAdd,
  groupsPreview,
  groupsShow,
  groupsMembers,
  groupsChanges,
  groupsRemove,
  policiesList,
  policiesSet,
  policiesPreview,
  policiesPublish,
  policiesShow,
  policiesDevices,
  policiesVersions,
  policiesPause,
  policiesResume,
  policiesRollBack,
  policiesRemove,
  configuration,
  configurationSet,
  configurationVersions,
  configurationRemove,
  credentialsRotate,
  quirks,
  quirksSet,
  quirksUnset,
  quirksExport,
  quirksImport,
  relieve,
  get,
  refresh,
  set,
  call,
  reboot,
  lease,
  campaignsList,
  campaignsPreview,
  campaignsStart,
  campaignsShow,
  campaignsDevices,
  campaignsPause,
  campaignsResume,
  campaignsCancel,
  filesList,
  filesAdd,
  filesGet,
  filesRemove,
  download,
  upload,
  backup,
  backupsPlan,
  backupsList,
  backupsShow,
  backupsDiff,
  backupsRemove,
  watch,
  channelsList,
  channelsSet,
  channelsShow,
  channelsPublish,
  channelsWatch,
  channelsPresence,
  channelsRenew,
  webhooksList,
  webhooksAdd,
  webhooksDead,
  webhooksResend,
  webhooksRemove,
  trace,
  live,
  operations,
  operation,
  cancel,
  audit,
  login,
  tokensList,
  tokensCreate,
  tokensRevoke,
  usersList,
  usersAdd,
  usersRole,
  usersPassword,
  usersDisable,
  usersEnable,
  usersRemove,
  rolesList,
  rolesSet,
  rolesRemove,
  grantsList,
  grantsCreate,
  grantsShow,
  grantsNarrow,
  grantsExtend,
  grantsRevoke,
  grantsTranscript,
  troubleshoot,
  conformance,
  conformanceDevice,
];
