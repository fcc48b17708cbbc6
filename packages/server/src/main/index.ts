export { readClientFile, type ClientFile } from "./data-folder.ts";
export { pinoLog } from "./pino-log.ts";
export { backUpData, moveData, restoreData } from "./store-copies.ts";
export { startProcess, type Adaptation, type RunningProcess } from "./process.ts";
export { startServer, type RunningServer } from "./server.ts";
export {
  authority,
  isLoopback,
  readSettings,
  SettingError,
  settingRows,
  type Listener,
  type Settings,
  type SettingName,
  type SettingRow,
  type SettingSources,
} from "./settings.ts";
