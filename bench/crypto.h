/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Cryptography inside the bench TA against the same in this process, with libcrypto alone, as
 * `openssl speed` does it.
 * Thread rule: one thread.
 * Ownership rule: the link stays the caller's.
 */
#ifndef TEELINK_BENCH_CRYPTO_H
#define TEELINK_BENCH_CRYPTO_H

#include "bench/link.h"

/*
 * Throughput of the TA by throughput of libcrypto, at BENCH_CRYPTO_SIZE bytes a piece; each the best of
 * runs that take turns.
 */
double crypto_aes_gcm_ratio(struct link *l);
double crypto_sha256_ratio(struct link *l);

#endif
