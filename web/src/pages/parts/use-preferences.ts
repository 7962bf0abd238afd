/** The kept preferences, opened once for the whole page; undefined for the moment until they are read. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { PageStorage } from '../../platform/page-storage.ts';
import { PreferenceStore } from '../../state/preferences.ts';

let opened: Promise<PreferenceStore> | undefined;

export function openPreferences(): Promise<PreferenceStore> {
  opened ??= PreferenceStore.open(new PageStorage());
  return opened;
}

export function usePreferences(): PreferenceStore | undefined {
  const [store, setStore] = useState<PreferenceStore>();
  const opening = useMemo(openPreferences, []);
  useEffect(() => {
    opening.then(setStore);
  }, [opening]);
  return store;
}
