import { useEffect } from 'preact/hooks';

/** Sets the tab's title while the component is shown. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Murmuration` : 'Murmuration';
    return () => {
      document.title = 'Murmuration';
    };
  }, [title]);
}
