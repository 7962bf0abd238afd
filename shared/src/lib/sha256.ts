/**
 * SHA-256 (FIPS 180-4) at once. Everything else is hashed asynchronously by the platform's own crypto, through a port; a machine that
 * has no time to wait uses this. The only package in the core: it computes, and touches nothing.
 */
export { sha256 } from '@noble/hashes/sha2.js';
