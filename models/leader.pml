/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * How the threads of a client wait for one VM (ree/vm/irq.c): one leads, takes the interrupt and sleeps on
 * the doorbell; the others follow, on a condition variable or, with descriptors of their own, on a ring.
 * Whoever's condition holds comes back, and when the VM dies all do.
 *
 * -DNO_GENERATION lets a follower sleep without looking whether anything has happened since it looked at its
 * condition: then the search must find an error, or it proves nothing.
 */
#define THREADS 3
#define WATCHER 1 /* the one that has descriptors of its own */
#define PATIENT 2 /* the one that another thread wakes, not the interrupt */

/* Under the lock, which each atomic step stands for. */
bool leader, sleeping;
byte generation;
bool waiting[THREADS]; /* on the condition variable */
bool watching;
bit ring;

bit irq, wake_fd; /* latched */
bool pending[THREADS], holds[THREADS];
bool other; /* the watcher's own descriptor is ready */
bool dead;
bool back[THREADS];

#ifdef NO_GENERATION
#define NOTHING_NEW(seen) true
#else
#define NOTHING_NEW(seen) (generation == seen)
#endif

inline call_followers()
{
	waiting[0] = false;
	waiting[1] = false;
	waiting[2] = false;
	if
	:: watching -> ring = 1
	:: else
	fi
}

/* ree_vm_wake */
inline wake_all()
{
	atomic {
		generation++;
		call_followers();
		rings = sleeping
	}
	if
	:: rings -> wake_fd = 1
	:: else
	fi;
	rings = false
}

/* The interrupt's handler, in the leader, and what it tells the followers. */
inline handle()
{
	atomic {
		holds[0] = holds[0] || pending[0];
		holds[1] = holds[1] || pending[1];
		pending[0] = false;
		pending[1] = false
	}
	atomic {
		generation++;
		call_followers()
	}
}

#define OVER(i) (holds[i] || dead || (i == WATCHER && other))

proctype thread(byte i)
{
	byte seen;

	do
	:: seen = generation;
		if
		:: OVER(i) -> break
		:: else
		fi;
		if
		:: atomic { !leader -> leader = true }
			do
			:: OVER(i) -> break
			:: else ->
				sleeping = true;
				if
				:: OVER(i) || pending[0] || pending[1]
				:: else ->
					(irq || wake_fd || (i == WATCHER && other))
				fi;
				sleeping = false;
				irq = 0;
				wake_fd = 0;
				handle()
			od;
			atomic {
				leader = false;
				call_followers()
			}
		:: atomic { leader && i != WATCHER && NOTHING_NEW(seen) -> waiting[i] = true }
			(!waiting[i])
		:: atomic { leader && i == WATCHER && NOTHING_NEW(seen) -> watching = true }
			(ring || other);
			ring = 0;
			watching = false
		:: leader && !NOTHING_NEW(seen)
		fi
	od;
	back[i] = true
}

/*
 * One thing after the other, so that a signal that is late for one is missed by all: another thread wakes the
 * patient one, whose next call has the secure world answer the watcher, and then the first thread. The VM
 * may die at any of these points.
 */
active proctype environment()
{
	bool rings;

	if
	:: holds[PATIENT] = true;
	   wake_all();
	   back[PATIENT];
	   if
	   :: atomic { pending[WATCHER] = true; irq = 1 }
	   :: other = true
	   :: skip;
	      goto dies
	   fi;
	   back[WATCHER];
	   if
	   :: atomic { pending[0] = true; irq = 1 }
	   :: skip;
	      goto dies
	   fi
	:: skip;
	   goto dies
	fi;
	goto end;
dies:
	dead = true;
	wake_all();
end:
	skip
}

init
{
	atomic {
		run thread(0);
		run thread(WATCHER);
		run thread(PATIENT)
	}
	/* A stop anywhere but here is a deadlock, which the search reports by itself. */
	(back[0] && back[WATCHER] && back[PATIENT]);
	assert(dead || (holds[0] && holds[PATIENT] && (holds[WATCHER] || other)))
}
