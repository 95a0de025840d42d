/** Another transaction saved the aggregate first. Nothing was changed; a retry on the new state may succeed. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
}
