/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 the teelink authors */
/*
 * The signals of one stream of an SMC message queue (wire/smcq.h, lib/smcq.c): no signal is lost, nobody
 * waits for what is there already, and a side whose peer has died doesn't wait for ever.
 *
 * Stores reach memory late and in any order ("bus"), as on a machine that is weaker than x86; a fence
 * waits for one's own. -DNO_FENCE leaves the fences out: then the search must find an error, or it
 * proves nothing. One byte stands for what is written at once; the area has room for CAP of them.
 */
#define CAP 2
#define TOTAL 5

/* Memory, and what each side has stored that isn't there yet. */
byte head, tail;
bit stalled, asleep;
byte new_head, new_tail;
bit new_stalled, new_asleep;
bool late_head, late_tail, late_stalled, late_asleep;

/* Latched, as a doorbell and an SMC are. */
bit data_signal, room_signal;
bool writer_dead, reader_dead, writer_done, reader_done;
byte received, ended;

#ifdef NO_FENCE
#define FENCE(stores) skip
#else
#define FENCE(stores) (stores)
#endif
#define WRITER_STORED (!late_head && !late_stalled)
#define READER_STORED (!late_tail && !late_asleep)

inline store(late, fresh, value)
{
	atomic { !late -> fresh = value; late = true }
}

active proctype bus()
{
end:
	do
	:: atomic { late_head -> head = new_head; late_head = false }
	:: atomic { late_tail -> tail = new_tail; late_tail = false }
	:: atomic { late_stalled -> stalled = new_stalled; late_stalled = false }
	:: atomic { late_asleep -> asleep = new_asleep; late_asleep = false }
	od
}

active proctype writer()
{
	byte written = 0;

	do
	:: written == TOTAL -> writer_done = true; break
	:: writer_dead = true; break
	:: written < TOTAL ->
		if
		:: written - tail < CAP ->
			written++;
			store(late_stalled, new_stalled, 0);
			store(late_head, new_head, written);
			FENCE(WRITER_STORED);
			if
			:: asleep -> data_signal = 1
			:: else
			fi
		:: else ->
			store(late_stalled, new_stalled, 1);
			FENCE(WRITER_STORED);
			if
			:: written - tail < CAP
			:: else ->
				if
				:: room_signal -> room_signal = 0
				:: reader_dead -> break
				fi
			fi
		fi
	od;
	ended++
}

active proctype reader()
{
	do
	:: received == TOTAL -> reader_done = true; break
	:: reader_dead = true; break
	:: received < TOTAL ->
		if
		:: head > received ->
			received++;
			store(late_tail, new_tail, received);
			FENCE(READER_STORED);
			if
			:: stalled -> room_signal = 1
			:: else
			fi
		:: else ->
			store(late_asleep, new_asleep, 1);
			FENCE(READER_STORED);
			if
			:: head > received
			:: else ->
				if
				:: data_signal -> data_signal = 0
				/* What it wrote before is taken; then there is no more. */
				:: writer_dead && WRITER_STORED && head == received -> break
				fi
			fi;
			store(late_asleep, new_asleep, 0)
		fi
	od;
	ended++
}

/* A stop anywhere but here is a deadlock, which the search reports by itself. */
active proctype watch()
{
	(ended == 2);
	assert(writer_dead || reader_dead || received == TOTAL);
	assert(writer_done || writer_dead || reader_dead);
	assert(reader_done || reader_dead || writer_dead);
}
