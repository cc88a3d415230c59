/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How a VM and the secure world ring for each other: lib/virtqueue.c with event indices, ree/vm/irq.c,
 * tee/thread.c. No signal is lost, nobody waits for what is there already, and whoever dies, the VM, the
 * secure world or the hypervisor, doesn't leave the others waiting.
 *
 * Stores reach memory late and in any order ("bus"), as on a machine that is weaker than x86; a fence
 * waits for one's own. -DNO_FENCE leaves the fences out: then the search must find an error, or it
 * proves nothing. Indices wrap at 4, so that "never" comes around, too.
 */
#define TOTAL 2 /* requests */
#define DEPTH 2 /* of them at a time */
#define WRAP(i) ((i) & 3)
#define NEVER(i) WRAP((i) + 2)
/* vring_need_event: the index went past @event on its way from @old to @new. */
#define CROSSED(event, new, old) (WRAP((new) - (event) - 1) < WRAP((new) - (old)))

/* Memory, and what each side has stored that isn't there yet. */
byte avail, used, avail_event = 2, used_event = 2;
byte new_avail, new_used, new_avail_event, new_used_event;
bool late_avail, late_used, late_avail_event, late_used_event;

/* Latched: an event fd in an epoll set, a byte in a socket. */
bit kick, irq;
/* Who may be killed in this run: else a death would end every wait and hide the lost signals. */
bool vm_mortal, tee_mortal, hv_mortal;
bool vm_left, tee_left, hv_left;
/* What the hypervisor says, or the end of its sockets. */
bool tee_told, vm_told;
bool answered;

#ifdef NO_FENCE
#define FENCE(stores) skip
#else
#define FENCE(stores) (stores)
#endif
#define VM_STORED (!late_avail && !late_used_event)
#define TEE_STORED (!late_used && !late_avail_event)

inline store(late, fresh, value)
{
	atomic { !late -> fresh = value; late = true }
}

/* A stop anywhere but here is a deadlock, which the search reports by itself. */
active proctype watch()
{
	if
	:: skip
	:: vm_mortal = true
	fi;
	if
	:: skip
	:: tee_mortal = true
	fi;
	if
	:: skip
	:: hv_mortal = true
	fi;
	(vm_left && tee_left);
	assert(answered || vm_mortal || tee_mortal || hv_mortal)
}

active proctype bus()
{
end:
	do
	:: atomic { late_avail -> avail = new_avail; late_avail = false }
	:: atomic { late_used -> used = new_used; late_used = false }
	:: atomic { late_avail_event -> avail_event = new_avail_event; late_avail_event = false }
	:: atomic { late_used_event -> used_event = new_used_event; late_used_event = false }
	od
}

active proctype hypervisor()
{
	do
	:: atomic { vm_left && !tee_told -> tee_told = true }
	:: atomic { tee_left && !vm_told -> vm_told = true }
	:: atomic { hv_mortal -> hv_left = true; tee_told = true; vm_told = true; break }
	:: tee_told && vm_told -> break
	od
}

/* One thread of a client: the leader, which takes the interrupt itself. */
active proctype vm()
{
	byte sent, got, kicked;

	do
	:: got == TOTAL -> answered = true; break
	:: vm_mortal -> break
	:: vm_told -> break
	:: sent < TOTAL && sent - got < DEPTH ->
		sent++;
		store(late_avail, new_avail, WRAP(sent));
		FENCE(VM_STORED);
		if
		:: CROSSED(avail_event, sent, kicked) -> kick = 1
		:: else
		fi;
		kicked = sent
	:: sent > got && used != WRAP(got) -> got++
	:: sent > got && used == WRAP(got) ->
		/* It has polled in vain: asks for the signal, then looks again. */
		store(late_used_event, new_used_event, WRAP(got));
		FENCE(VM_STORED);
		if
		:: used != WRAP(got)
		:: else ->
			if
			:: irq
			:: vm_told -> break
			:: vm_mortal -> break
			fi
		fi;
		store(late_used_event, new_used_event, NEVER(got));
		irq = 0
	od;
	vm_left = true
}

/* A secure thread that serves this VM. */
active proctype tee()
{
	byte taken, signalled;

	do
	:: tee_told -> break
	:: tee_mortal -> break
	:: avail != WRAP(taken) ->
		/* It looks anyway: no kicks. */
		store(late_avail_event, new_avail_event, NEVER(taken));
		do
		:: avail != WRAP(taken) ->
			taken++;
			store(late_used, new_used, WRAP(taken))
		:: else -> break
		od;
		FENCE(TEE_STORED);
		if
		:: CROSSED(used_event, taken, signalled) -> irq = 1
		:: else
		fi;
		signalled = taken
	:: avail == WRAP(taken) ->
		store(late_avail_event, new_avail_event, WRAP(taken));
		FENCE(TEE_STORED);
		if
		:: avail != WRAP(taken)
		:: else ->
			if
			:: kick -> kick = 0
			:: tee_told -> break
			:: tee_mortal -> break
			fi
		fi
	od;
	tee_left = true
}
