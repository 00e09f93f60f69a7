#include "elements.h"
static gboolean graphfilter_element_init(GstPlugin *plugin) { return TRUE; }
GST_ELEMENT_REGISTER_DEFINE_CUSTOM(graphfilter, graphfilter_element_init)
