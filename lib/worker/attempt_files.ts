// Names of the files in an attempt's folder, for those who write them and those who read them later.

/** Lines that the step's process printed or sent, with their times. */
export const LOG_FILE = "log.txt";
/** What the attempt was permitted, with every place as it is on this machine. */
export const PERMISSIONS_FILE = "permissions.json";
/** What the attempt asked for, summed up from its audit when it ended. */
export const ACCESS_FILE = "access.json";
