/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * Serves properties of the implementation that TAs can't know by themselves (wire/property.h).
 * Thread rule: under the world lock, which a call may drop.
 * Ownership rule: the world owns it; it outlives the TA manager.
 */
#ifndef TEELINK_TEE_PROPERTY_H
#define TEELINK_TEE_PROPERTY_H

struct tee_world;
struct property_service;

/* The TA manager is there already. Return: 0 or -ENOMEM. */
int property_service_create(struct tee_world *w, struct property_service **sp);
void property_service_destroy(struct property_service *s); /* NULL is fine */

#endif
