// Runs once, before the workers load the configuration in which Chromium's path is looked up.

import { buildPages } from './built-pages.ts';
import { findOrInstallChromium } from './chromium.ts';

export default function globalSetup(): void {
  findOrInstallChromium();
  buildPages();
}
