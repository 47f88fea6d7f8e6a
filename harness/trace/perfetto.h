// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <protozero/types.hpp>

/// The fields of Perfetto's messages that a trace of ours has, by their names in protos/perfetto/trace/ of
/// Perfetto. Their numbers never change there.
namespace nmistorm::trace::perfetto {

enum class Trace : protozero::pbf_tag_type { packet = 1 };

enum class TracePacket : protozero::pbf_tag_type {
    timestamp = 8,
    trusted_packet_sequence_id = 10,
    track_event = 11,
    interned_data = 12,
    sequence_flags = 13,
    track_descriptor = 60,
    first_packet_on_sequence = 87,
};
inline constexpr unsigned seq_incremental_state_cleared = 1;
inline constexpr unsigned seq_needs_incremental_state = 2;

enum class TrackEvent : protozero::pbf_tag_type {
    category_iids = 3,
    debug_annotations = 4,
    type = 9,
    name_iid = 10,
    track_uuid = 11,
    categories = 22,
    name = 23,
    counter_value = 30,
};
enum class TrackEventType { slice_begin = 1, slice_end = 2, instant = 3, counter = 4 };

enum class DebugAnnotation : protozero::pbf_tag_type {
    name_iid = 1,
    bool_value = 2,
    uint_value = 3,
    string_value = 6,
    pointer_value = 7,
    name = 10,
    string_value_iid = 17,
};

enum class InternedData : protozero::pbf_tag_type {
    event_categories = 1,
    event_names = 2,
    debug_annotation_names = 3,
    debug_annotation_string_values = 29,
};
/// Also EventName, DebugAnnotationName and InternedString.
enum class EventCategory : protozero::pbf_tag_type { iid = 1, name = 2 };

enum class TrackDescriptor : protozero::pbf_tag_type {
    uuid = 1,
    name = 2,
    process = 3,
    thread = 4,
    parent_uuid = 5,
    counter = 8,
    description = 14,
};
enum class ProcessDescriptor : protozero::pbf_tag_type {
    pid = 1,
    cmdline = 2,
    process_name = 6,
    process_labels = 8,
};
enum class ThreadDescriptor : protozero::pbf_tag_type { pid = 1, tid = 2, thread_name = 5 };
enum class CounterDescriptor : protozero::pbf_tag_type { unit_name = 6 };

}  // namespace nmistorm::trace::perfetto
